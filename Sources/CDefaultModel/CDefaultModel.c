#include "CDefaultModel.h"

static const unsigned char weights[] __attribute__((aligned(16))) = {
#embed "weights/efficientnet_b0_inspectd.safetensors"
};

const unsigned char *cdefaultmodel_bytes(void) { return weights; }
size_t cdefaultmodel_count(void) { return sizeof weights; }
