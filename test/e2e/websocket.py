"""One word through a WebSocket and back: ADDRESS NAME PATH SOURCE VISITOR."""
import base64, os, socket, ssl, sys

address, name, path, source, visitor = sys.argv[1:6]
plain = socket.create_connection((address, 443), 20, (source, 0))
talk = ssl._create_unverified_context().wrap_socket(plain, server_hostname=name)
key = base64.b64encode(os.urandom(16)).decode()
talk.sendall(
    f'GET {path} HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    f'Sec-WebSocket-Key: {key}\r\nCF-Connecting-IP: {visitor}\r\n\r\n'.encode()
)
head = b''
while b'\r\n\r\n' not in head:
    more = talk.recv(4096)
    if not more:
        break
    head += more
head, _, body = head.partition(b'\r\n\r\n')
status = head.split(b'\r\n')[0].decode()
if b' 101 ' not in head:
    sys.exit(status)
mask = os.urandom(4)
talk.sendall(bytes([0x81, 0x80 | 5]) + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(b'hello')))
while len(body) < 2 or len(body) < 2 + (body[1] & 0x7F):
    body += talk.recv(4096)
print(body[2:].decode())
