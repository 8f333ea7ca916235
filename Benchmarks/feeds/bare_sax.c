// bare_sax FILE [push|pull] [ROUNDS]: a bare libxml2 SAX2 parse, counting elements and characters; prints one JSON line, best round.
// push: pieces of 64 KiB from read(2) through xmlParseChunk; pull: xmlParseDocument over a read callback.
#include <fcntl.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static long elements, ends, characters;

static void start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces, const xmlChar **declared,
                  int attributes, int defaulted, const xmlChar **values) {
    elements++;
}
static void end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) { ends++; }
static void text(void *data, const xmlChar *bytes, int count) { characters += count; }
static int take(void *file, char *buffer, int count) { return (int)read(*(int *)file, buffer, count); }
static int leave(void *file) { return 0; }

int main(int count, char **arguments) {
    int pull = count > 2 && strcmp(arguments[2], "pull") == 0, rounds = count > 3 ? atoi(arguments[3]) : 3;
    double best = 1e9;
    xmlSAXHandler handler;
    memset(&handler, 0, sizeof handler);
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = start;
    handler.endElementNs = end;
    handler.characters = text;
    handler.ignorableWhitespace = text;
    for (int round = 0; round < rounds; round++) {
        elements = ends = characters = 0;
        int file = open(arguments[1], O_RDONLY);
        if (file < 0) return 1;
        clock_t started = clock();
        xmlParserCtxtPtr context;
        if (pull) {
            context = xmlCreateIOParserCtxt(&handler, NULL, take, leave, &file, XML_CHAR_ENCODING_NONE);
            xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_NOENT);
            xmlParseDocument(context);
        } else {
            static char piece[1 << 16];
            ssize_t size;
            context = xmlCreatePushParserCtxt(&handler, NULL, NULL, 0, NULL);
            xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_NOENT);
            while ((size = read(file, piece, sizeof piece)) > 0) xmlParseChunk(context, piece, (int)size, 0);
            xmlParseChunk(context, NULL, 0, 1);
        }
        if (!context->wellFormed) return 2;
        xmlFreeParserCtxt(context);
        double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
        if (seconds < best) best = seconds;
        close(file);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"cpu\": %.4f, \"rows\": %ld, \"peak\": %.1f}\n", best, elements, usage.ru_maxrss / 1024.0);
    return 0;
}
