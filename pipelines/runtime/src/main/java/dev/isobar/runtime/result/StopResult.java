package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.isobar.port.Resource;
import java.util.List;

/**
 * What was stopped, and what still lives.
 *
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record StopResult(List<String> stopped, List<Resource> processes) {}
