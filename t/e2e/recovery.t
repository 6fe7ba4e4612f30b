#!/usr/bin/env perl
#
# docs/troubleshooting.md: a directory that was lost because the ACL kept Redis
# from replaying its file comes back by the commands of that page.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use SCIM;
use SCIM::Ctl;
use Test::More;
use Time::HiRes qw(sleep);

my $page = SCIM::_slurp("$SCIM::TOP/docs/troubleshooting.md");
my ($sed) = $page =~ /^(sed -i .*) \/etc\/redis\/scim\.acl$/m
    or die 'the page has no command that corrects the ACL file';
my ($line) = $page =~ /^(== CRITICAL == .*)/m or die 'the page has no log line';


# A directory with the ACL file as it was shipped once, lost by a restart.
sub lost {
    my (%opt) = @_;
    my $scim = SCIM->new(no_redis => 1, no_nginx => 1,
        scim_tokens => 'redis valid=100ms', scim_redis => 'timeout=5s');
    $scim->{ctl} = SCIM::Ctl->new("$scim->{dir}/redis.sock");
    my $acl = SCIM::_slurp("$scim->{dir}/scim.acl");
    $acl =~ s/^user default .*/user default off/m or die 'no default user';
    $scim->write_file('scim.acl', $acl);
    $scim->start_redis;
    $scim->start_nginx;

    my $run = $scim->{ctl}->run('org', 'create', 'acme', '--token');
    ($scim->{token}) = $run->{out} =~ /^acme\s+(\S+)$/m or die $run->{err};
    my @auth = (token => $scim->{token});
    my @ids = map { $scim->post('/Users', { userName => "u$_" }, @auth)
                         ->{body}{id} } 1 .. 20;
    $scim->post('/Groups', { displayName => 'all',
        members => [ map { { value => $_ } } @ids ] }, @auth)->{status} == 201
        or die 'no group';
    $scim->delete("/Users/$ids[0]", @auth)->{status} == 204 or die 'no deletion';
    $scim->{before} = everything($scim);

    # its doctor knows before the restart
    my $doctor = $scim->{ctl}->run('doctor');
    like($doctor->{out}, qr/^error: replay: /m, 'the doctor tells in time');

    if ($opt{rewritten}) {
        $scim->redis('BGREWRITEAOF');
        SCIM::wait_for('the rewrite', sub {
            $scim->redis('INFO', 'persistence') =~
                /aof_rewrite_in_progress:0.*aof_rewrite_scheduled:0.*bgrewrite_status:ok/s
                && -s (glob "$scim->{dir}/appendonlydir/*.2.base.rdb") });
        is($scim->post('/Users', { userName => 'later' }, @auth)->{status}, 201,
           'a change after the rewrite');
        $scim->{before} = everything($scim);
    }

    $scim->stop_redis;
    $scim->start_redis;
    return $scim;
}


# the directory as the API and Redis show it
sub everything {
    my ($scim) = @_;
    my @bodies = map { $scim->get($_, token => $scim->{token})->{body} }
                 '/Users?count=100', '/Groups?count=100';
    my @export = $scim->{ctl}->json('export', 'acme');
    # members have no order
    $_->{members} = [ sort { $a->{value} cmp $b->{value} } @{ $_->{members} } ]
        for @{ $bodies[1]{Resources} };
    $_->{members} = [ sort @{ $_->{members} } ] for grep { $_->{members} } @export;
    return [ @bodies, @export,
             $scim->{ctl}->run('token', 'list', 'acme')->{out} =~ s/\S+Z//gr ];
}


# the page's commands: a stop, a copy, the ACL file, a start
sub recover {
    my ($scim) = @_;
    $scim->stop_redis;
    system('cp', '-a', "$scim->{dir}/appendonlydir", "$scim->{dir}/kept") == 0
        or die 'cp';
    system("$sed $scim->{dir}/scim.acl") == 0 or die 'sed';
    is(SCIM::_slurp("$scim->{dir}/scim.acl") =~ /^(user default .*)/m && $1,
       SCIM::_slurp("$SCIM::TOP/redis/scim.acl") =~ /^(user default .*)/m && $1,
       'the page puts in the line that is shipped');
    $scim->start_redis;
    SCIM::wait_for('service', sub {
        $scim->get('/Users', token => $scim->{token})->{status} == 200 });
}


for my $rewritten (0, 1) {
    my $when = $rewritten ? 'the file was rewritten before' : 'never rewritten';
    subtest $when => sub {
        my $scim = lost(rewritten => $rewritten);
        like(SCIM::_slurp("$scim->{dir}/redis.log"), qr/\Q$line\E/,
             'the log of Redis has the line of the page');
        is($scim->{ctl}->run('org', 'list')->{out} =~ /^acme/m ? 1 : 0,
           $rewritten, 'what was in the rewritten part is there, and no more');

        recover($scim);
        is_deeply(everything($scim), $scim->{before}, 'everything is back');
        my $check = $scim->{ctl}->run('check');
        is($check->{out} . $check->{err}, "no damage was found\n", 'check');
    };
}


subtest 'written meanwhile' => sub {
    my $scim = lost();
    # somebody began anew, with the names that there had been
    my $run = $scim->{ctl}->run('org', 'create', 'acme', '--token=second');
    is($run->{status}, 0, 'the organization is made again');
    my ($new) = $run->{out} =~ /^acme\s+(\S+)$/m;
    $scim->stop_nginx;
    $scim->start_nginx;
    is($scim->post('/Users', { userName => "u$_" }, token => $new)->{status},
       201, "u$_ again") for 3, 4;

    recover($scim);
    is($scim->get('/Users', token => $new)->{status}, 200,
       'the tokens of both are good');
    my $check = $scim->{ctl}->run('check');
    is($check->{status}, 2, 'check finds what does not fit together');
    my $repair = $scim->{ctl}->run('check', '--repair');
    is($repair->{status}, 2, 'and what cannot be mended: users of one name');
    for my $id ($repair->{out} =~ /^left: conflict: .* of \S+:user:(\w+), which/mg) {
        is($scim->delete("/Users/$id", token => $new)->{status}, 204,
           'one of the two is deleted');
    }
    $check = $scim->{ctl}->run('check');
    is($check->{out}, "no damage was found\n", 'then all fits together');
    is($scim->get('/Users?filter=userName+eq+%22u3%22', token => $new)
            ->{body}{totalResults}, 1, 'and the other is found');
};


subtest 'rewritten after the loss' => sub {
    my $scim = lost();
    $scim->redis('BGREWRITEAOF');
    SCIM::wait_for('the rewrite', sub {
        my @bases = glob "$scim->{dir}/appendonlydir/*.2.base.rdb";
        @bases && $scim->redis('INFO', 'persistence')
                  =~ /aof_rewrite_in_progress:0/ });
    $scim->stop_redis;
    system("$sed $scim->{dir}/scim.acl") == 0 or die 'sed';
    $scim->start_redis;
    is($scim->{ctl}->run('org', 'list')->{out} =~ /^acme/m ? 1 : 0, 0,
       'only a backup helps, as the page says');
};

done_testing();
