#include "cis_error.h"
