/* How sure a finding is; the weakest link of its path decides. */
#ifndef BC_MODELS_CONFIDENCE_H
#define BC_MODELS_CONFIDENCE_H

enum bc_confidence { BC_CONF_POSSIBLE, BC_CONF_LIKELY, BC_CONF_CERTAIN };

#endif
