# shellcheck shell=bash
# shellcheck disable=SC2154,SC2164  # variables of build.sh, which sets -e
#
# Measures how much of the module the tests reach.

use packages module library tests


# Runs the C tests alone, with only what they may use: coverage_of_unit_tests FOLDER
coverage_of_unit_tests() {
    local dir=$1 source name
    rm -rf "$dir"
    mkdir -p "$dir"
    embed_schemas
    cd "$dir"
    while IFS= read -r source; do
        gcc -std=gnu11 -g -O0 --coverage -c "${includes[@]}" "$source" \
            || die "$source does not compile"
    done < <(find "$top/ngx_scim_module/scim" -name '*.c')
    for source in "$top"/t/unit/test_*.c; do
        name=$(basename "$source" .c)
        gcc -std=gnu11 -g -O0 "${includes[@]}" -I"$top/t/unit" \
            -c "$source" -o "$name.t.o"
        gcc --coverage "$name.t.o" scim_*.o -o "$name" -lcjson -lutf8proc -lm
        "./$name" > "$name.log" || die "$name fails, see $dir/$name.log"
    done
}


# Prints what both have counted, one line for each file: coverage_report FOLDER. gcov
# must run where the compiler ran.
coverage_report() {
    local dir=$1 source=$top/ngx_scim_module status=0
    cd "$dir/module/nginx"
    gcovr --root "$source" --object-directory . --json "$dir/lines.json" \
        "$dir/module/objs" "$dir/unit" || die "gcovr failed"
    gcovr --root "$source" --add-tracefile "$dir/lines.json" \
        --fail-under-line 85 || status=$?
    gcovr --root "$source" --add-tracefile "$dir/lines.json" \
        --filter "$source/scim/" --txt "$dir/scim.txt" --fail-under-line 95 \
        || status=$?
    sed -n 's/^TOTAL/scim\/ /p' "$dir/scim.txt"
    return "$status"
}


cmd_coverage() {
    local dir=$build/coverage module=$build/coverage/module files
    install_missing "$packages $test_packages gcovr"
    test_nginx
    playwright
    build_module "$module" "-O0 --coverage" "--coverage"
    find "$module" -name '*.gcda' -delete
    coverage_of_unit_tests "$dir/unit"
    cd "$top"
    files=$(grep -lE '^use SCIM(::Nginx)?;' t/*.t t/e2e/*.t | grep -v outside)
    # shellcheck disable=SC2086  # a list of names
    SCIM_MODULE=$module/ngx_scim_module.so test_files $files \
        || die "the tests fail with the module that counts"
    coverage_report "$dir" || die "too little is covered"
}
