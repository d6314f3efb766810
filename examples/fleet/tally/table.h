/* A hash table from lines to how often they were seen. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

void table_count(const char *line);
void table_print(FILE *output);

#endif
