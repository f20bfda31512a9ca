import { STATUS_PORT } from './ports.ts'
import { MANAGED } from './yaml.ts'

/** nginx tells of its connections on the loopback, and of nothing else (ngx_http_stub_status_module). */
export const nginxStatus = `${MANAGED}server {
    listen 127.0.0.1:${STATUS_PORT};
    server_name localhost;
    access_log off;
    server_tokens off;
    location = /stub_status {
        stub_status;
    }
    location / {
        return 404;
    }
}
`
