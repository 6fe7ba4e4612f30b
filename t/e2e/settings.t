#!/usr/bin/env perl
#
# nginx warns once of settings by which Redis may lose data: at the start, after a
# reload, and when Redis came back with other settings. The settings that are
# shipped give no warning.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use Test::More;
use Time::HiRes qw(sleep);

my $WARNING = qr/\[warn\].*scim: redis "[^"]+" may lose data: (.*); "scimctl doctor"/;


sub warnings_of {
    my ($scim) = @_;
    return $scim->error_log =~ /$WARNING/g;
}


# the warning comes behind the first answers: two more round trips of each worker
sub settled {
    my ($scim) = @_;
    SCIM::wait_for('service', sub { $scim->get('/Users')->{status} == 200 });
    SCIM::wait_for('the look at the settings', sub {
        $scim->redis('INFO', 'commandstats') =~ /cmdstat_acl\|dryrun:calls=(\d+)/
            && $1 > ($scim->{looks} // 0) && ($scim->{looks} = $1);
    });
    $scim->get('/Users') for 1 .. 5;
    sleep 0.1;
}


subtest 'as it is shipped' => sub {
    my $scim = SCIM->new(workers => 3);
    settled($scim);
    is_deeply([ warnings_of($scim) ], [], 'no warning');
    unlike($scim->error_log, qr/\[(error|alert|crit|emerg)\]/, 'nor worse');
    is($scim->{looks}, 1, 'one of three workers has looked');
};


for ([ '"appendonly" is "no"', '--appendonly', 'no' ],
     [ '"maxmemory-policy" is not "noeviction"', '--maxmemory-policy',
       'allkeys-lru' ])
{
    my ($text, @args) = @$_;
    my $scim = SCIM->new(workers => 3, redis_args => [ @args ]);
    settled($scim);
    is_deeply([ warnings_of($scim) ], [ $text ], "@args: one line");
    $scim->reload;
    settled($scim);
    is_deeply([ warnings_of($scim) ], [ $text, $text ],
              "@args: and one after a reload");
}


subtest 'an ACL that cannot replay' => sub {
    my $scim = SCIM->new;
    settled($scim);
    $scim->redis('ACL', 'SETUSER', 'default', '-hset');
    $scim->reload;
    settled($scim);
    is_deeply([ warnings_of($scim) ],
        [ 'its ACL does not let user "default" replay the append-only file' ],
        'one line');
};


subtest 'a file that cannot be written' => sub {
    local $SIG{XFSZ} = 'IGNORE';     # which Redis inherits
    my $scim = SCIM->new(workers => 2,       # "always" would end Redis
                         redis_args => [ '--appendfsync', 'everysec' ]);
    settled($scim);
    system('prlimit', '--pid', $scim->{redis_pid}, '--fsize=2000:') == 0 or die;
    $scim->post('/Users', { userName => "u$_", title => 'x' x 3000 }) for 1 .. 3;
    SCIM::wait_for('the failure', sub {
        $scim->redis('INFO', 'persistence') =~ /aof_last_write_status:err/ });
    $scim->reload;
    settled($scim);
    is_deeply([ warnings_of($scim) ],
              [ 'it could not write its append-only file' ], 'one line');
};


subtest 'Redis comes back with other settings' => sub {
    my $scim = SCIM->new;
    settled($scim);
    is_deeply([ warnings_of($scim) ], [], 'no warning');
    sleep 10;       # the least time between two looks
    $scim->stop_redis;
    $scim->{redis_args} = [ '--maxmemory-policy', 'allkeys-random' ];
    $scim->{looks} = 0;
    $scim->start_redis;
    settled($scim);
    is_deeply([ warnings_of($scim) ],
              [ '"maxmemory-policy" is not "noeviction"' ],
              'one line without a reload');
};

done_testing();
