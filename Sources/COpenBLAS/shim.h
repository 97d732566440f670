// OpenBLAS: CBLAS, the thread control, and the Fortran LAPACK symbols it carries (no lapacke.h on a plain install).
#pragma once
#include <cblas.h>

// Cholesky factorisation, its inverse, and the symmetric eigenproblem (divide and conquer), double precision.
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                    double *work, const int *lwork, int *iwork, const int *liwork, int *info);
