package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.MetricsSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

@Tag("docker")
@ExtendWith(CloudWatchMetricsOnLocalStackTest.NotInLocalStack.class)
class CloudWatchMetricsOnLocalStackTest extends MetricsSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", endpoint.toString()), LocalStack.name());
    }

    /**
     * What LocalStack 4.14.0 does not do.
     *
     * @see <a href="https://github.com/localstack/localstack/blob/v4.14.0/localstack-core/localstack/services/cloudwatch/cloudwatch_database_helper.py">its SQL</a>
     */
    static final class NotInLocalStack implements ExecutionCondition {
        private static final Map<String, String> REASONS = Map.of(
                "series",
                "LocalStack keeps dimensions as NAME=VALUE: one = in a value, and ListMetrics fails for the whole namespace",
                "many",
                "LocalStack's GetMetricData takes a dimension's value for a beginning: the points of 19 are those of 1 too");

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getTestMethod()
                    .map(m -> REASONS.get(m.getName()))
                    .map(ConditionEvaluationResult::disabled)
                    .orElse(ConditionEvaluationResult.enabled("LocalStack does this"));
        }
    }
}
