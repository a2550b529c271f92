#!/bin/sh
# Publishes the function app in the current folder, from a pipeline: no terminal, no question, no token on a command
# line. The exit code is 0 if the app serves the new version.
#
#   APP_NAME                  the function app
#   FUNCHOST_MANAGEMENT_URL   the server, e.g. https://deploy.example.org:7070
#   FUNCHOST_TOKEN            its token, a secret of the pipeline
#   FUNCHOST_CA_FILE          only if the server's certificate is its own: the file with it
set -eu
: "${APP_NAME:?}" "${FUNCHOST_MANAGEMENT_URL:?}" "${FUNCHOST_TOKEN:?}"
printf '%s' "$FUNCHOST_TOKEN" | func azure functionapp publish "$APP_NAME" --access-token-stdin
