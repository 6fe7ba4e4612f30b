/*
 * Runs a fuzz target over the files in the folders that are its arguments: a
 * test for compilers without a fuzzer. What goes wrong ends the program.
 */

#include <dirent.h>
#include <stdint.h>

#include "../unit/tap.h"
#include "../unit/arena.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
replay_file(const char *name)
{
    FILE     *file;
    size_t    n;
    uint8_t  *data, block[65536];

    file = fopen(name, "rb");
    if (file == NULL) {
        return 0;
    }

    n = fread(block, 1, sizeof(block), file);
    fclose(file);

    data = malloc(n);
    if (data == NULL && n > 0) {
        return 0;
    }

    memcpy(data, block, n);
    (void) LLVMFuzzerTestOneInput(data, n);
    free(data);

    return 1;
}


static void
replay_folder(const char *folder)
{
    DIR            *dir;
    char            name[4096];
    struct dirent  *entry;

    dir = opendir(folder);

    if (!ok(dir != NULL, "%s can be read", folder)) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
            ok(replay_file(name), "%s", name);
        }
    }

    closedir(dir);
}


int
main(int argc, char **argv)
{
    int  i;

    for (i = 1; i < argc; i++) {
        replay_folder(argv[i]);
    }

    return done_testing();
}
