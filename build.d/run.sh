# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Runs nginx and Redis with a working configuration, in run/.

use packages module


run=$top/run
port=${SCIM_PORT:-8080}
redis_pid=
nginx_pid=


port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}


# Runs a command with the password of an account in its environment:
# with_account NAME COMMAND...
with_account() {
    local REDISCLI_AUTH
    REDISCLI_AUTH=$(cat "$run/passwords/$1")
    export REDISCLI_AUTH
    shift
    "$@"
}


# Runs the operator's tool on the Redis of run/.
scimctl() {
    with_account op "$top/redis/scimctl" --redis "unix:$run/redis.sock?user=op" "$@"
}


# Prints the SHA-256 digest of the line on the standard input.
digest() {
    tr -d '\n' | openssl dgst -sha256 -r | cut -d ' ' -f 1
}


# Succeeds if Redis knows the token in run/token. The digest is in no argument
# list.
token_is_known() {
    [ -s "$run/token" ] || return 1
    digest < "$run/token" | sed 's/^/EXISTS scim:token:/' \
        | with_account op redis-cli -s "$run/redis.sock" --user op \
        | grep -qx 1
}


# Creates the organization "demo" and a valid token in run/token, if they are missing.
demo_organization() {
    token_is_known && return
    scimctl org create demo --name Demo >/dev/null 2>&1 || true
    scimctl token revoke demo first --yes >/dev/null 2>&1 || true
    (umask 077; scimctl token issue demo first > "$run/token") \
        || die "no token could be made"
}


write_config() {
    local user=
    if [ "$(id -u)" = 0 ]; then
        user="user $(stat -c %U "$top");    # the owner of this folder"
    fi
    cat > "$run/nginx.conf" <<END
load_module $build/ngx_scim_module.so;

$user
worker_processes auto;
pid              $run/nginx.pid;
error_log        $run/error.log notice;

events {
    worker_connections 1024;
}

http {
    access_log             $run/access.log;
    client_body_temp_path  $run/temp/body;
    proxy_temp_path        $run/temp/proxy;
    fastcgi_temp_path      $run/temp/fastcgi;
    uwsgi_temp_path        $run/temp/uwsgi;
    scgi_temp_path         $run/temp/scgi;

    scim_redis  unix:$run/redis.sock  user=scim
                password_file=$run/passwords/scim;
    scim_log    on  values=on;

    # the names by which a browser of this machine asks
    map \$host \$elsewhere {
        default    1;
        localhost  0;
        127.0.0.1  0;
    }

    server {
        listen 127.0.0.1:$port;

        location /scim/v2/ {
            scim;
            scim_tokens  redis;
        }

        location = /oauth/token {
            scim_oauth_token  audience=http://127.0.0.1:$port/oauth/token;
        }

        # These ask for no token. A page of another site could make a browser
        # ask under a name of its own, so only names of this machine are
        # answered.
        location = /status {
            if (\$elsewhere) { return 403; }
            scim_status;
        }

        location = /metrics {
            if (\$elsewhere) { return 403; }
            scim_metrics;
        }
    }
}
END
}


# Writes the accounts of redis/scim.acl, each with a password of its own in
# run/passwords, and run/env for shells that use the account of the operator.
write_accounts() {
    local user file
    mkdir -p "$run/passwords"
    for user in scim app op; do
        file=$run/passwords/$user
        [ -s "$file" ] || openssl rand -hex 32 > "$file"
        digest < "$file" | sed "s/.*/s,^user $user off,user $user on #&,/"
    done | sed -f /dev/stdin "$top/redis/scim.acl" > "$run/scim.acl" \
        || die "cannot write $run/scim.acl"
    cat > "$run/env" <<END
SCIM_REDIS='unix:$run/redis.sock?user=op'
REDISCLI_AUTH=$(cat "$run/passwords/op")
export SCIM_REDIS REDISCLI_AUTH
END
}


start_redis() {
    if [ ${#run} -gt 90 ]; then
        die "the path $run is too long for a socket"
    fi
    redis-server "$top/redis/redis.conf" --dir "$run/data" \
        --unixsocket "$run/redis.sock" --logfile "$run/redis.log" \
        --aclfile "$run/scim.acl" &
    redis_pid=$!
    local i
    for i in $(seq 100); do
        with_account op redis-cli -s "$run/redis.sock" --user op ping \
            2>/dev/null | grep -q PONG && return
        kill -0 "$redis_pid" 2>/dev/null || break
        sleep 0.1
    done
    die "Redis did not start, see $run/redis.log ($i)"
}


start_nginx() {
    local message
    message=$(nginx -t -q -p "$run" -e "$run/error.log" -c "$run/nginx.conf" 2>&1) \
        || die "$(printf '%s\n' "$message" | head -n 1)"
    nginx -p "$run" -e "$run/error.log" -c "$run/nginx.conf" -g 'daemon off;' &
    nginx_pid=$!
    local i
    for i in $(seq 50); do
        port_is_free "$port" || return 0
        kill -0 "$nginx_pid" 2>/dev/null || break
        sleep 0.1
    done
    die "nginx did not start, see $run/error.log ($i)"
}


stop() {
    trap - EXIT
    trap '' INT TERM
    [ -z "$nginx_pid" ] || kill -QUIT "$nginx_pid" 2>/dev/null || true
    [ -z "$nginx_pid" ] || wait "$nginx_pid" 2>/dev/null || true
    [ -z "$redis_pid" ] || kill -TERM "$redis_pid" 2>/dev/null || true
    [ -z "$redis_pid" ] || wait "$redis_pid" 2>/dev/null || true
}


introduce() {
    local url token
    url=$(cat "$run/url")
    token=$(cat "$run/token")
    cat <<END

Tenant URL:    $url
Secret token:  $token
Status page:   ${url%/scim/v2}/status

Create a user, find it, list all:

  curl -s $url/Users -H 'Authorization: Bearer $token' \\
       -H 'Content-Type: application/scim+json' \\
       -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"kim@example.com","active":true}'

  curl -s -G $url/Users -H 'Authorization: Bearer $token' \\
       --data-urlencode 'filter=userName eq "kim@example.com"'

  curl -s $url/Users -H 'Authorization: Bearer $token'

Make another organization, with a token of its own:

  . run/env; redis/scimctl org create acme --token

Ctrl-C stops nginx and Redis; the data stays in run/data.
END
}


# Makes run/ private to the owner of this folder, because it has the data of people.
# If root runs the servers, the workers of nginx run as that owner.
private() {
    chmod -R go= "$run" || die "$run belongs to somebody else"
    [ "$(id -u)" != 0 ] || chown -R "$(stat -c %u:%g "$top")" "$run"
}


# Locks run/, because two Redis servers must not write the same files. The lock is
# held as long as this script, or a server that it started, runs.
own_the_data() {
    exec 9>"$run/lock" || die "cannot write to $run"
    flock -n 9 || die "the data in $run is in use by another ./build.sh run"
}


cmd_run() {
    case $port in
        *[!0-9]* | '') die "SCIM_PORT must be a number, not \"$port\"" ;;
    esac
    port_is_free "$port" || die "port $port is in use: set SCIM_PORT"
    install_missing "$packages"
    build_release "$build"

    umask 077
    mkdir -p "$run/data" "$run/temp" || die "cannot write to $run"
    own_the_data
    private
    printf 'http://127.0.0.1:%s/scim/v2\n' "$port" > "$run/url"
    write_config

    trap stop EXIT
    trap 'exit 0' INT TERM
    write_accounts
    start_redis
    demo_organization
    private
    start_nginx
    introduce
    wait -n "$redis_pid" "$nginx_pid" || true
    die "a server stopped, see $run/redis.log and $run/error.log"
}
