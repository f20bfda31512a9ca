import { at } from './ports.ts'

/**
 * config.alloy (Alloy's reference, loki.source.docker, loki.source.journal, loki.source.file, loki.process): the output of
 * every container, the journal and nginx' logs go to Loki; answers are counted by their status on the way, since nginx'
 * own numbers know none.
 */
export const alloyConfig = (): string => `// Managed by trueup: changes made here are put back.
logging {
  level = "warn"
}

loki.write "default" {
  endpoint {
    url = "http://${at('loki')}/loki/api/v1/push"
  }
}

// What containers print.
discovery.docker "containers" {
  host = "unix:///var/run/docker.sock"
}

discovery.relabel "containers" {
  targets = discovery.docker.containers.targets

  rule {
    source_labels = ["__meta_docker_container_label_com_docker_compose_project"]
    target_label  = "project"
  }
  rule {
    source_labels = ["__meta_docker_container_label_com_docker_compose_service"]
    target_label  = "service"
  }
  rule {
    source_labels = ["__meta_docker_container_name"]
    regex         = "/(.*)"
    target_label  = "container"
  }
}

loki.source.docker "containers" {
  host       = "unix:///var/run/docker.sock"
  targets    = discovery.relabel.containers.output
  labels     = { job = "docker" }
  forward_to = [loki.write.default.receiver]
}

// The journal of the host.
loki.relabel "journal" {
  forward_to = []

  rule {
    source_labels = ["__journal__systemd_unit"]
    target_label  = "unit"
  }
  rule {
    source_labels = ["__journal_priority_keyword"]
    target_label  = "level"
  }
}

loki.source.journal "host" {
  path          = "/var/log/journal"
  max_age       = "12h"
  labels        = { job = "journal" }
  relabel_rules = loki.relabel.journal.rules
  forward_to    = [loki.write.default.receiver]
}

// The web server. Only the status becomes a label: whatever clients choose themselves would be without end.
local.file_match "nginx_access" {
  path_targets = [{ __path__ = "/var/log/nginx/*access.log", job = "nginx", log = "access" }]
}

loki.source.file "nginx_access" {
  targets    = local.file_match.nginx_access.targets
  forward_to = [loki.process.nginx_access.receiver]
}

loki.process "nginx_access" {
  forward_to = [loki.write.default.receiver]

  stage.regex {
    expression = "^[^\\"]*\\"[^\\"]*\\" (?P<status>[1-5][0-9][0-9]) "
  }
  stage.labels {
    values = { status = "" }
  }
  stage.label_drop {
    values = ["filename"]
  }
  stage.metrics {
    metric.counter {
      name              = "responses_total"
      description       = "Answers of nginx by their status"
      prefix            = "nginx_access_"
      source            = "status"
      action            = "inc"
      max_idle_duration = "24h"
    }
  }
}

local.file_match "nginx_error" {
  path_targets = [{ __path__ = "/var/log/nginx/*error.log", job = "nginx", log = "error" }]
}

loki.source.file "nginx_error" {
  targets    = local.file_match.nginx_error.targets
  forward_to = [loki.write.default.receiver]
}
`
