// libxml2's encoding header pulls in ICU, whose types then clash with Foundation's copy; nothing here needs it.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
