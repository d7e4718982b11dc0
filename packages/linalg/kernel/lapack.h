// Prototypes of the LAPACK drivers that the API calls, as f2c declares them.

#ifndef LA_LAPACK_H
#define LA_LAPACK_H

#include "blas.h"

int dgesdd_(const char *job, integer *m, integer *n, double *a, integer *lda, double *s, double *u, integer *ldu,
            double *vt, integer *ldvt, double *work, integer *lwork, integer *iwork, integer *info, int);
int dgejsv_(const char *joba, const char *jobu, const char *jobv, const char *jobr, const char *jobt, const char *jobp,
            integer *m, integer *n, double *a, integer *lda, double *s, double *u, integer *ldu, double *v,
            integer *ldv, double *work, integer *lwork, integer *iwork, integer *info, int, int, int, int, int, int);
int dsyevd_(const char *job, const char *uplo, integer *n, double *a, integer *lda, double *w, double *work,
            integer *lwork, integer *iwork, integer *liwork, integer *info, int, int);
int dsygvd_(integer *type, const char *job, const char *uplo, integer *n, double *a, integer *lda, double *b,
            integer *ldb, double *w, double *work, integer *lwork, integer *iwork, integer *liwork, integer *info, int,
            int);
int dgeqrf_(integer *m, integer *n, double *a, integer *lda, double *tau, double *work, integer *lwork, integer *info);
int dgeqp3_(integer *m, integer *n, double *a, integer *lda, integer *pivots, double *tau, double *work,
            integer *lwork, integer *info);
int dorgqr_(integer *m, integer *n, integer *k, double *a, integer *lda, const double *tau, double *work,
            integer *lwork, integer *info);
int dormqr_(const char *side, const char *trans, integer *m, integer *n, integer *k, double *a, integer *lda,
            const double *tau, double *c, integer *ldc, double *work, integer *lwork, integer *info, int, int);
int dpotrf_(const char *uplo, integer *n, double *a, integer *lda, integer *info, int);
int dgesv_(integer *n, integer *columns, double *a, integer *lda, integer *pivots, double *b, integer *ldb,
           integer *info);
int dgetrf_(integer *m, integer *n, double *a, integer *lda, integer *pivots, integer *info);
int dgetrs_(const char *trans, integer *n, integer *columns, const double *a, integer *lda, const integer *pivots,
            double *b, integer *ldb, integer *info, int);
int dgelsd_(integer *m, integer *n, integer *columns, double *a, integer *lda, double *b, integer *ldb, double *s,
            double *rcond, integer *rank, double *work, integer *lwork, integer *iwork, integer *info);

#endif
