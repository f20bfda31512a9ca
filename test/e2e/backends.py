"""What stands behind the web server in its tests: three small servers on the host's loopback, by the standard library only."""
import base64, hashlib, http.server, socketserver, sys, threading

connections = {8000: 0, 3000: 0, 3001: 0}


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        super().setup()
        connections[self.server.server_port] += 1

    def log_message(self, *_):
        pass

    def answer(self, code, text, kind='text/plain', location=None):
        body = text.encode()
        self.send_response(code)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        if location:
            self.send_header('Location', location)
        self.send_header('Cache-Control', 'no-store')
        self.send_header('X-Frame-Options', 'ALLOWALL')
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.headers.get('Upgrade', '').lower() == 'websocket':
            return self.echo()
        if self.path.endswith('?moved'):
            return self.answer(301, 'elsewhere\n', location='/elsewhere')
        if self.path.endswith('?missing'):
            return self.answer(404, 'not here\n')
        if self.path == '/api/connections':
            return self.answer(200, str(connections[self.server.server_port]))
        if self.path == '/api/who':
            names = ('Host', 'X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Connection')
            return self.answer(200, '\n'.join(f'{name}: {self.headers.get(name, "")}' for name in names))
        return self.answer(200, f'{self.server.server_port} {self.path} {"x" * 2000}\n')

    def echo(self):
        key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        self.send_response(101)
        self.send_header('Upgrade', 'websocket')
        self.send_header('Connection', 'Upgrade')
        self.send_header('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        _, length = self.rfile.read(2)
        mask = self.rfile.read(4)
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(length & 0x7F)))
        text += b' from ' + self.headers.get('X-Real-IP', '').encode()
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


for port in connections:
    threading.Thread(target=Server(('127.0.0.1', port), Backend).serve_forever, daemon=port != 3001).start()
print('ready', flush=True)
