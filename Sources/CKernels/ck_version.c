#include "ck_dispatch.h"
