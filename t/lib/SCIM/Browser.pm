package SCIM::Browser;

# A headless Chromium, through node and playwright-core in build/node:
#
#   my $browser = SCIM::Browser->new;
#   $browser->open(width => 375);
#   $browser->go(url => $url);
#   is $browser->text(selector => 'h1'), 'Organizations';
#
# The commands are those of browser.js.

use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Open2;
use JSON::PP;

use SCIM::Checked;

my $NODE = "$SCIM::Checked::TOP/build/node/node_modules";
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

our $AUTOLOAD;


# the package that is missing, or nothing
sub missing {
    return 'node' if !_program('node');
    return 'chromium' if !_program('chromium');
    return 'playwright-core in build/node' if !-d "$NODE/playwright-core";
    return;
}


sub _program {
    my ($name) = @_;
    return (grep { -x } map { "$_/$name" } split /:/, $ENV{PATH})[0];
}


sub new {
    my ($class) = @_;

    local $ENV{NODE_PATH} = $NODE;
    my $pid = open2(my $out, my $in, 'node', dirname(__FILE__) . '/browser.js',
                    _program('chromium'));

    return bless { pid => $pid, in => $in, out => $out, owner => $$ }, $class;
}


sub AUTOLOAD {
    my ($self, %options) = @_;
    my ($command) = $AUTOLOAD =~ /(\w+)$/;

    print {$self->{in}} $json->encode({ command => $command, %options }), "\n";
    $self->{in}->flush;

    my $line = readline $self->{out} // die "the browser has ended\n";
    my $answer = $json->decode($line);
    die "$command: $answer->{error}\n" if exists $answer->{error};
    return $answer->{value};
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{owner};
    local ($?, $@);
    close $self->{in};
    waitpid $self->{pid}, 0;
}

1;
