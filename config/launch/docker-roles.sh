#!/bin/sh
# Run once by the PostgreSQL image when its data folder is empty.
set -eu
for database in template1 "$POSTGRES_DB"; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$database" \
        --set migrate="$YICHI_MIGRATE_PASSWORD" --set app="$YICHI_APP_PASSWORD" \
        --set audit="$YICHI_AUDIT_PASSWORD" <<'SQL'
SELECT set_config('yichi.migrate_password', :'migrate', false),
       set_config('yichi.app_password', :'app', false),
       set_config('yichi.audit_password', :'audit', false) \g /dev/null
\i /yichi/roles.sql
SQL
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set name="$POSTGRES_DB" <<'SQL'
ALTER DATABASE :"name" OWNER TO yichi_owner;
SQL
