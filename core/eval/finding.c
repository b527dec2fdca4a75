/* SPDX-License-Identifier: MIT */
#include "finding.h"

#include "stat.h"

#include <math.h>

const char *finding_name(enum finding v)
{
    static const char *const names[FINDINGS] = { "EDGE", "GROSS-ONLY", "NO EDGE", "REDUNDANT",
                                                 "INSUFFICIENT" };
    return names[v];
}

bool finding_lifts(const struct trial *t, double q)
{
    return q <= FDR_MAX && t->lift.ci.lo > 0;
}

enum finding finding_of(const struct trial *t, double q)
{
    if (t->n < EPISODES_MIN || t->n_days < DAYS_ENOUGH) {
        return FINDING_INSUFFICIENT;
    }
    if (!finding_lifts(t, q)) {
        return FINDING_NO_EDGE;
    }
    if (!t->has_ols || t->redundant) {
        return FINDING_REDUNDANT;
    }
    return t->net.value > 0 ? FINDING_EDGE : FINDING_GROSS_ONLY;
}

static double critical(double m)
{
    double z = stat_normal_inv(1 - FDR_MAX / (m < 1 ? 1 : m));
    return z > 1.96 ? z : 1.96;
}

double finding_power(double lift, double se, double m)
{
    return se > 0 ? stat_normal_cdf(lift / se - critical(m)) : NAN;
}

double finding_detectable(double power, double se, double m)
{
    return (critical(m) + stat_normal_inv(power)) * se;
}
