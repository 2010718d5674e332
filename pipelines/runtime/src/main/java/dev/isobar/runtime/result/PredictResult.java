package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/**
 * What the endpoint answered.
 *
 * @param predictions one per instance, as the server gave them
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PredictResult(String endpoint, String url, String modelDigest, List<JsonNode> predictions) {}
