#!/bin/sh
# Makes the role that the server connects as, when the database is made. `chargerights migrate --grant-to` gives it its grants.
set -eu
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --set=password="$(cat /run/secrets/server_password)" <<'SQL'
CREATE ROLE chargerights_server LOGIN PASSWORD :'password';
SQL
