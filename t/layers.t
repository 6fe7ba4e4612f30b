#!/usr/bin/env perl
#
# Layers depend downwards only: http -> op -> store, op -> scim.

use strict;
use warnings;

use FindBin;
use Test::More;

my $source = "$FindBin::Bin/../ngx_scim_module";

sub matches {
    my ($pattern, @folders) = @_;
    my @found;

    for my $file (map { glob("$source/$_/{,*/}*.[ch]") } @folders) {
        open my $in, '<', $file or die "$file: $!";
        while (<$in>) {
            push @found, "$file:$.: $_" if /$pattern/;
        }
    }

    return \@found;
}

is_deeply(matches(qr/#include.*(ngx_|hiredis)/, 'scim'), [],
          'scim/ includes neither nginx nor hiredis');

is_deeply(matches(qr/\bngx_/, 'scim'), [],
          'scim/ does not mention nginx');

is_deeply(matches(qr/#include.*hiredis|\bngx_/, '../redis/scim_doc'), [],
          'scim-doc knows neither nginx nor Redis');

is_deeply(matches(qr/ngx_http/, 'scim', 'store', 'op'), [],
          'only http/ knows HTTP');

is_deeply(matches(qr/redisRe(ply|ader)|#include.*hiredis/, 'op', 'http'), [],
          'no Redis type leaves store/');

is_deeply(matches(qr{#include "(op|http)/}, 'store'), [],
          'store/ knows nothing above it');


# The first header of a file, or the first of that one, and so on.
sub first_header {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!";
    my ($header) = map { /^#include\s+[<"]([^>"]+)/ } <$in>;

    my $own = "$source/" . ($header // '');

    return -f $own ? first_header($own) : $header // 'none';
}

is_deeply([ map { s{^\Q$source\E/}{}r }
            grep { first_header($_) ne 'ngx_config.h' }
            map { glob("$source/$_/{,*/}*.c") } qw(base http op store) ],
          [], 'each file that knows nginx begins with ngx_config.h: the types of'
              . ' the system depend on the macros that it sets');

done_testing();
