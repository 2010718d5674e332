package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.isobar.port.Resource;
import java.util.List;

/**
 * Everything that exists because of Isobar, and how the newest run of each pipeline stands.
 *
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record StatusResult(
        String home, String target, List<Resource> processes, List<Resource> resources, List<RunSummary> runs) {}
