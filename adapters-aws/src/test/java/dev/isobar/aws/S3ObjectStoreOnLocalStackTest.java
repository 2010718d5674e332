package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.ObjectStoreSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

@Tag("docker")
@ExtendWith(S3ObjectStoreOnLocalStackTest.NotInLocalStack.class)
class S3ObjectStoreOnLocalStackTest extends ObjectStoreSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
        Buckets.make(endpoint);
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", endpoint.toString()), LocalStack.name());
    }

    /**
     * What LocalStack 4.14.0 does not do.
     *
     * @see <a href="https://github.com/localstack/localstack/blob/v4.14.0/localstack-core/localstack/services/s3/provider.py">its delete_object</a>
     */
    static final class NotInLocalStack implements ExecutionCondition {
        private static final String DELETES =
                "LocalStack answers DeleteObject with If-Match with NotImplemented; the adapter deletes no other way";
        private static final Map<String, String> REASONS = Map.of("delete", DELETES, "aba", DELETES);

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getTestMethod()
                    .map(m -> REASONS.get(m.getName()))
                    .map(ConditionEvaluationResult::disabled)
                    .orElse(ConditionEvaluationResult.enabled("LocalStack does this"));
        }
    }
}
