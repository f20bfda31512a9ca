fetch('/health').then((reply) => reply.json()).then(({ version }) => document.body.append(version))
