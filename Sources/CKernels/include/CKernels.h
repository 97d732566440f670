// Everything the kernels offer. A new header is included here: the module is known by this file.
#pragma once
#include "ck_colour.h"
#include "ck_dispatch.h"
#include "ck_draw.h"
#include "ck_grad.h"
#include "ck_half.h"
#include "ck_inference.h"
#include "ck_maps.h"
#include "ck_ops.h"
#include "ck_overlay.h"
#include "ck_resize.h"
#include "ck_team.h"
#include "ck_winograd.h"
