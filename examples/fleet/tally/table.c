/* Fixed number of buckets, each a linked list: simple, and fast enough for a few hundred thousand lines. */
#include <stdlib.h>
#include <string.h>
#include "table.h"

#define BUCKETS 65536

struct entry {
	struct entry *next;
	unsigned long count;
	char *line;
};

static struct entry *buckets[BUCKETS];

static unsigned long hash(const char *text)
{
	unsigned long value = 5381;
	while (*text != '\0')
		value = value * 33 + (unsigned char)*text++;
	return value % BUCKETS;
}

void table_count(const char *line)
{
	struct entry **slot = &buckets[hash(line)];
	for (; *slot != NULL; slot = &(*slot)->next) {
		if (strcmp((*slot)->line, line) == 0) {
			(*slot)->count++;
			return;
		}
	}
	*slot = calloc(1, sizeof **slot);
	(*slot)->line = malloc(strlen(line) + 1);
	strcpy((*slot)->line, line);
	(*slot)->count = 1;
}

void table_print(FILE *output)
{
	for (int i = 0; i < BUCKETS; i++)
		for (const struct entry *entry = buckets[i]; entry != NULL; entry = entry->next)
			fprintf(output, "%7lu %s\n", entry->count, entry->line);
}
