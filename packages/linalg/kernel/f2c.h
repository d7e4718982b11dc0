/* The types and macros that the output of f2c expects (in place of the header that f2c installs): 32-bit INTEGER and
   LOGICAL on every machine. The converted sources are GNU C89. */

#ifndef F2C_INCLUDE
#define F2C_INCLUDE

#include <math.h>
#include <stdint.h>

typedef int32_t integer;
typedef int32_t logical;
typedef int32_t ftnlen;
typedef float real;
typedef double doublereal;
typedef char *address;

#define TRUE_ 1
#define FALSE_ 0
#define abs(x) ((x) >= 0 ? (x) : -(x))
#define dabs(x) (doublereal)abs(x)
#define min(a, b) ((a) <= (b) ? (a) : (b))
#define max(a, b) ((a) >= (b) ? (a) : (b))
#define dmin(a, b) (doublereal)min(a, b)
#define dmax(a, b) (doublereal)max(a, b)

/* With arguments declared by f2c itself, these are the only prototypes that the sources lack. */
double sqrt(double), log(double);

#endif
