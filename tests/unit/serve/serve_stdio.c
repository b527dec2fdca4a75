/* SPDX-License-Identifier: MIT */
/* An MCP server on stdio over a redis-server of its own that holds one sample ticker, SPY. */
#include "clock.h"
#include "mcp.h"
#include "private_redis.h"
#include "sample.h"

#include <unistd.h>

int main(void)
{
    private_redis_start(&server);
    struct answer a = sample_answer_at(clock_now().wall_ns);
    (void)sample_level(&a, 0, CENTS(44950), .5);
    private_redis_store(&server, &a, STORE_ALL);
    answer_fini(&a);
    const struct mcp_config cfg = {
        .query = { .redis = server.config, .keys = server.keys, .warmup_ms = 100 },
        .history_max_s = 3600,
        .in_fd = STDIN_FILENO,
        .out_fd = STDOUT_FILENO
    };
    int status = mcp_run(&cfg);
    private_redis_stop(&server);
    return status;
}
