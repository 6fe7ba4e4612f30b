#!/usr/bin/env perl
#
# Redis is stopped and started with the shipped files, and comes back with
# everything: users, groups, organizations, tokens, clients, streams. It replays
# its append-only file as the user "default" and checks the ACL at each EXEC, so
# redis/scim.acl has a part in that.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use Test::More;

# every key with its value and its time to live
my $DUMP = <<'END_LUA';
local read = {
    string = function(key) return { redis.call("GET", key) } end,
    hash = function(key) return redis.call("HGETALL", key) end,
    set = function(key) return redis.call("SMEMBERS", key) end,
    zset = function(key)
        return redis.call("ZRANGE", key, 0, -1, "WITHSCORES")
    end,
}
local all = {}
for _, key in ipairs(redis.call("KEYS", "*")) do
    local kind = redis.call("TYPE", key).ok
    local value
    if kind == "stream" then
        value = { cjson.encode(redis.call("XRANGE", key, "-", "+")) }
    else
        value = read[kind](key)
        if kind == "hash" then
            local fields = {}
            for i = 1, #value, 2 do
                fields[#fields + 1] = value[i] .. "=" .. value[i + 1]
            end
            value = fields
        end
        table.sort(value)
    end
    all[#all + 1] = key .. " " .. kind .. " "
        .. redis.call("PEXPIRETIME", key) .. "\n  "
        .. table.concat(value, "\n  ")
end
table.sort(all)
return all
END_LUA

my $scim = SCIM->new(scim_tokens => 'redis', location => 'scim_log on;',
    server => 'location = /oauth/token { scim_oauth_token; }');
my $ctl = SCIM::Ctl->new("$scim->{dir}/redis.sock");
my $n = 0;


# A change of each kind: by scripts of the module, of scimctl, and by commands.
sub changes {
    $n++;
    my $org = "org-$n";
    my ($token) = $ctl->run('org', 'create', $org, '--token')->{out} =~ /(scim_[\w-]+)/;
    my ($client) = $ctl->json('client', 'create', $org, 'okta');
    my %as = (token => $token);

    my @ids = map {
        my $res = $scim->post('/Users', { userName => "u$_-$n" }, %as);
        is($res->{status}, 201, "$org: user $_") if $_ == 1;
        $res->{body}{id};
    } 1 .. 4;

    # more members than one script takes: the group is staged, then swept
    my $bulk = $scim->post('/Bulk', {
        schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations => [ map { { method => 'POST', path => '/Users',
            bulkId => "b$_", data => { userName => "bulk-$_" } } } 1 .. 600 ],
    }, %as);
    is($bulk->{status}, 200, "$org: 600 users");
    my @many = map { $_->{location} =~ m{([^/]+)$} } @{ $bulk->{body}{Operations} };

    my $small = $scim->post('/Groups', { displayName => 'small',
        members => [ map { { value => $_ } } @ids ] }, %as);
    my $large = $scim->post('/Groups', { displayName => 'large',
        members => [ map { { value => $_ } } @many ] }, %as);
    my $outer = $scim->post('/Groups', { displayName => 'outer',
        members => [ { value => $small->{body}{id} } ] }, %as);
    is(join(' ', map { $_->{status} } $small, $large, $outer), '201 201 201',
       "$org: groups");

    $scim->patch("/Users/$ids[0]", [ { op => 'replace', path => 'active',
                                       value => 'False' } ], %as);
    $scim->delete("/Users/$ids[1]", %as);
    $scim->patch("/Groups/$small->{body}{id}", [ { op => 'remove',
        path => "members[value eq \"$ids[2]\"]" } ], %as);
    $ctl->run('token', 'issue', $org, 'second', '--scope', 'ro');
    $ctl->run('token', 'revoke', $org, 'second', '--yes');

    return { token => $token, org => $org, user => $ids[0] };
}


# Moves that are swept and times of use that are noted go on by themselves.
sub quiet {
    my $before = '';
    SCIM::wait_for('Redis to be quiet', sub {
        my $now = join "\n", @{ $scim->redis('EVAL', $DUMP, 0) };
        my $same = $now eq $before && !$scim->redis('EXISTS', 'scim:moving');
        $before = $now;
        select undef, undef, undef, 1.2 if !$same;
        return $same;
    }, 60);
    return $before;
}


sub rewrite {
    $scim->redis('BGREWRITEAOF');
    SCIM::wait_for('the rewrite', sub {
        my $info = $scim->redis('INFO', 'persistence');
        return $info =~ /^aof_rewrite_in_progress:0/m
            && $info =~ /^aof_rewrite_scheduled:0/m
            && $info =~ /^aof_last_bgrewrite_status:ok/m;
    });
}


for my $case ([ 'SIGTERM', 'TERM', 0 ], [ 'SIGKILL', 'KILL', 0 ],
              [ 'SIGTERM behind a rewrite', 'TERM', 1 ],
              [ 'SIGKILL behind a rewrite', 'KILL', 1 ])
{
    my ($what, $signal, $rewritten) = @$case;
    my $made = changes();
    rewrite() if $rewritten;
    my $later = changes();      # lies behind the rewritten part
    my $before = quiet();

    # nginx writes the cycle and the use of tokens as long as it runs
    $scim->stop_nginx;
    $before = quiet();
    $scim->stop_redis($signal);
    $scim->start_redis;
    is(join("\n", @{ $scim->redis('EVAL', $DUMP, 0) }), $before,
       "$what: every key is as it was");
    $scim->start_nginx;

    for my $org ($made, $later) {
        my $res = $scim->get("/Users/$org->{user}", token => $org->{token});
        is($res->{status}, 200, "$what: the token of $org->{org} is good");
        is($res->{body}{active}, JSON::PP::false, "$what: and its user disabled");
    }
    is(scalar(() = $ctl->json('org', 'list')), $n, "$what: scimctl lists all");
    unlike(SCIM::_slurp("$scim->{dir}/redis.log"), qr/CRITICAL|ACL/,
           "$what: Redis has nothing to say about its ACL");
}

is($ctl->run('--redis', "unix:$scim->{dir}/redis.sock", 'org', 'list')->{status},
   1, 'nobody logs in as "default"');

done_testing();
