package SCIM::Page;

# The commands of a page of docs/, as they stand there. A fenced block of the
# language
#
#   sh        is run, in the shell of the block before, which ends when a command
#             fails
#   console   is a dialogue: what stands behind "$ " or "# " is run, and must print
#             the lines below it. Numbers, times, ids and the width of columns are
#             not compared, and a line "..." stands for any others
#
# unless a word follows the language: "sh elsewhere" is for another machine, and
# "console example" shows what a machine with other data prints. Blocks of other
# languages are not run.

use strict;
use warnings;

use IPC::Run ();
use Time::HiRes qw(time);


# The blocks of a page: { line, language, word, file (or undef), text }.
sub blocks {
    my ($page) = @_;
    my (@blocks, $block, $file);
    open my $in, '<', $page or die "$page: $!\n";

    while (<$in>) {
        if (!$block && /^```(\w*) *(\w*)/) {
            $block = { line => $. + 1, language => $1, word => $2, text => '',
                       file => $file };
        }
        elsif ($block && /^```$/) {
            push @blocks, $block;
            undef $block;
        }
        elsif ($block) {
            $block->{text} .= $_;
        }
        elsif (/\S/) {
            ($file) = m{`(/[\w./-]+)`:$};
        }
    }

    die "$page: a block is not closed\n" if $block;
    return @blocks;
}


# The steps of a page that are run: { line, text, expected (undef: anything) }, a
# command or a block of them each. Blocks with one of the words are run too.
sub steps {
    my ($page, @words) = @_;
    my %run = map { $_ => 1 } '', @words;
    my @steps;

    for my $block (grep { $run{ $_->{word} } } blocks($page)) {
        if ($block->{language} eq 'sh') {
            push @steps, { %$block };
        }
        elsif ($block->{language} eq 'console') {
            push @steps, dialogue($block);
        }
        elsif (defined $block->{file}) {
            push @steps, { %$block, text => "cat > $block->{file} <<'END'\n"
                                            . "$block->{text}END\n" };
        }
    }

    return @steps;
}


sub dialogue {
    my ($block) = @_;
    my (@steps, $line);

    for my $text (split /\n/, $block->{text}) {
        if ($text =~ /^[\$#] (.*)/) {
            push @steps, { line => $block->{line} + ($line // 0), text => "$1\n",
                           expected => '' };
        }
        elsif (@steps && $steps[-1]{text} =~ /\\\n\z/) {
            $steps[-1]{text} .= "$text\n";
        }
        elsif (@steps) {
            $steps[-1]{expected} .= "$text\n";
        }
        $line++;
    }

    return @steps;
}


# The number of commands that somebody types for these steps: lines that continue
# none.
sub commands {
    my $count = 0;
    for my $step (@_) {
        my $text = $step->{text} =~ s/<<'?(\w+)'?.*?\n\g1\n/\n/gsr;
        $count += grep { /^[^\s#})]/ } split /\n/, $text =~ s/\\\n//gr;
    }
    return $count;
}


# Runs steps in one shell, which these words start. Each result has what the step
# has, and output, seconds, and "wrong" where it failed or printed something else.
# Steps behind one that failed are not run, and have no result.
sub run {
    my ($steps, @words) = @_;
    my ($out, $mark) = ('', "step $$ ");
    my (@begun, @results);

    my $script = "set -eu\nexec 2>&1\n" . join('', map {
        # "set -e" does not see what fails before "&&"
        "printf '\\n$mark$_\\n'\n$steps->[$_]{text}\[ \$? = 0 ]\n"
    } 0 .. $#$steps) . "printf '\\n${mark}end\\n'\n";
    IPC::Run::run([ @words, 'bash', '-c', $script ], \'', '>', sub {
        $out .= $_[0];
        my $count = () = $out =~ /^$mark/mg;
        push @begun, time while @begun < $count;
    }, IPC::Run::timeout(1800));
    push @begun, time;

    my @outputs = split /\n$mark\w+\n/m, $out, -1;
    for my $i (0 .. $#$steps) {
        my $output = $outputs[$i + 1] // last;
        my $ended = @outputs > $i + 2 || $out =~ /^${mark}end$/m;
        push @results, { %{ $steps->[$i] }, output => $output,
            seconds => $begun[$i + 1] - $begun[$i],
            wrong => !$ended ? 'it failed'
                   : agrees($steps->[$i]{expected}, $output) ? ''
                   : 'it printed something else' };
    }
    return @results;
}


# Returns true if this output looks as the page says.
sub agrees {
    my ($expected, $output) = @_;
    return 1 if !defined $expected;
    my $pattern = join "\n", map { $_ eq '...' ? '(?:.*\n)*?.*' : quotemeta }
                  split /\n/, loosely($expected);
    return loosely($output) =~ /\A$pattern\n?\z/;
}


sub loosely {
    my ($text) = @_;
    $text =~ s/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/TIME/g;
    $text =~ s/\bscim_[\w-]{49}(?![\w-])/ID/g;
    $text =~ s/\b[a-z2-7]{26}\b/ID/g;   # an id, which may have no digit
    $text =~ s/\b(?:\w+_)?(?=\w*\d)(?:[0-9a-f]{12,}|[A-Za-z0-9]{20,})\b/ID/g;
    $text =~ s/[0-9]+/N/g;
    $text =~ s/[ \t]+/ /g;
    $text =~ s/ $//mg;
    return $text;
}

1;
