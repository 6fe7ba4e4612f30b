#!/bin/sh
#
# Makes a C header with one string for each file, named PREFIX_NAME after
# NAME.lua, NAME.json and the like.
#
#   embed.sh PREFIX FILE...

set -eu

prefix=$1
shift

for file; do
    name=$(basename "$file")
    printf 'static const char %s_%s[] =\n' "$prefix" "${name%.*}"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
    printf '    ;\n\n'
done
