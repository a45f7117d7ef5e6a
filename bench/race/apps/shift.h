/* What the header edit changes. */
#define SHIFT 0
