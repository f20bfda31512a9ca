"""Many visitors behind one proxy: URL RESOLVE SOURCE VISITORS REQUESTS; prints how often each status was answered."""
import collections, http.client, socket, ssl, sys, threading

address, name, source, visitors, requests = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
context = ssl._create_unverified_context()
statuses, lock = collections.Counter(), threading.Lock()


class Connection(http.client.HTTPSConnection):
    def connect(self):
        plain = socket.create_connection((address, 443), 60, (source, 0))
        self.sock = context.wrap_socket(plain, server_hostname=name)


def visit(number):
    connection = Connection(name, timeout=60)
    for _ in range(requests):
        headers = {'Host': name, 'CF-Connecting-IP': f'198.51.100.{number}'}
        connection.request('GET', '/api/hello', headers=headers)
        answer = connection.getresponse()
        answer.read()
        with lock:
            statuses[answer.status] += 1


threads = [threading.Thread(target=visit, args=(number,)) for number in range(1, visitors + 1)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(' '.join(f'{status}:{count}' for status, count in sorted(statuses.items())))
