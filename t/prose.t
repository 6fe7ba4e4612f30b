#!/usr/bin/env perl
#
# The wording of comments and documents, as far as a program can judge it. A
# comment starts with its subject or a verb, and asks no question. A sentence of a
# document has at most so many words.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use SCIM::Tree qw($TOP);
use Test::More;

my $WORDS = 30;

my $RIDDLE = qr/^(?:who(?:ever|m|se)?|what(?:ever)?|whether|how|is it|does|has it)\b/i;


sub slurp { return SCIM::Tree::slurp($_[0], ':encoding(UTF-8)') }

sub files { return grep { !m{/(?:servroot|corpus)} } SCIM::Tree::files(@_) }


# { line, text } of each paragraph of the comments of a C file
sub comments_of_c {
    my ($text) = @_;
    my @found;
    while ($text =~ m{"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|/\*(.*?)\*/}gs) {
        my ($comment, $at) = ($1, $-[0]);
        next if !defined $comment;
        my $line = 1 + substr($text, 0, $at) =~ tr/\n//;
        $comment =~ s/^\s*\*//mg;
        push @found, map { { line => $line, text => $_ } }
            split /\n\s*\n/, $comment;
    }
    return @found;
}


# The same of a file whose comments begin with a sign and end with the line. Lines
# of comments that follow each other are one comment.
sub comments_of_lines {
    my ($text, $sign) = @_;
    my (@found, $comment);
    my $n = 0;
    for my $line (split(/\n/, $text), '') {
        $n++;
        if ($line =~ /^\s*$sign+!?\s*(?!shellcheck )(\S.*)/) {
            $comment //= { line => $n, text => '' };
            $comment->{text} .= " $1";
            next;
        }
        push @found, $comment if $comment;
        undef $comment;
        push @found, { line => $n, text => $1 } if $line =~ /\S\s+$sign\s+(\S.*)/;
    }
    return @found;
}


sub riddles {
    my @bad;
    for my $comment (@_) {
        my $text = $comment->{text} =~ s/\s+/ /gr =~ s/^ | $//gr;
        push @bad, "line $comment->{line}: $text"
            if $text =~ $RIDDLE || $text =~ /\?$/;
    }
    return @bad;
}


for my $file (files(qr/\.[ch]$/, (map { "ngx_scim_module/$_" } qw(base http scim)),
                  qw(redis bench t))) {
    my @bad = riddles(comments_of_c(slurp($file)));
    is("@bad", '', $file =~ s{^\Q$TOP\E/}{}r) or diag map { "$_\n" } @bad;
}

for my $file (files(qr/\.lua$/, qw(redis t)),
              files(qr/\.(?:sh|t|pl|pm|py)$/, qw(build.d redis t bench ngx_scim_module)),
              "$TOP/redis/scimctl", "$TOP/build.sh")
{
    my $sign = $file =~ /\.lua$/ ? '--' : '#';
    my @bad = riddles(comments_of_lines(slurp($file), $sign));
    is("@bad", '', $file =~ s{^\Q$TOP\E/}{}r) or diag map { "$_\n" } @bad;
}


# --- documents ------------------------------------------------------------------

# { line, words, text } of the sentences of a page, without code, tables, headings and
# what a program writes there
sub sentences {
    my ($text) = @_;
    my @found;
    $text =~ s/^<!-- results -->.*?(?=^##|\z)/"\n" x ($& =~ tr{\n}{})/gmse;
    $text =~ s/^(```).*?^```$/"\n" x ($& =~ tr{\n}{})/gmse;
    $text =~ s/^(?:\||#|<|\[[^\]]*\]:).*$//mg;
    $text =~ s/!\[[^\]]*\]\([^)]*\)/$& =~ tr{\n}{}cdr/ge;
    my $line = 1;
    for my $block (split /(\n(?:\s*\n)+|\n(?=\s*(?:[-*]|\d+\.) ))/, $text) {
        my $plain = $block =~ s/\]\([^)]*\)/]/gr =~ s/`[^`]*`/CODE/gr =~ s/\s+/ /gr;
        for my $sentence (split /(?<=[.!?])["”)*]* |[:;] /, $plain) {
            my $words = () = $sentence =~ /[\w'’-]+/g;
            push @found, { line => $line, words => $words, text => $sentence };
        }
        $line += $block =~ tr/\n//;
    }
    return @found;
}

for my $page ((map { "$TOP/$_.md" } qw(README CONTRIBUTING SECURITY)),
              files(qr/\.md$/, 'docs'))
{
    my @long = grep { $_->{words} > $WORDS } sentences(slurp($page));
    my $name = $page =~ s{^\Q$TOP\E/}{}r;
    is(scalar @long, 0, "$name: no sentence has more than $WORDS words")
        or diag map { "line $_->{line}: $_->{words} words: $_->{text}\n" } @long;
}


done_testing();
