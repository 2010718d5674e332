package dev.isobar.aws;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.conformance.ObjectStoreSuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.foreign.MotoServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

@Tag("moto")
@ExtendWith(S3ObjectStoreOnMotoTest.NotInMoto.class)
class S3ObjectStoreOnMotoTest extends ObjectStoreSuite {
    @TempDir
    static Path home;

    private static ForeignProcess moto;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(MotoServer.installed(), "no moto_server on the PATH");
        moto = MotoServer.start(home);
        Buckets.make(moto.endpoint());
    }

    @AfterAll
    static void stop() {
        if (moto != null) {
            moto.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", moto.endpoint().toString()), "moto");
    }

    /** What moto 5.2.1 does not do. */
    static final class NotInMoto implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            boolean large = context.getTestMethod()
                    .map(m -> m.getName().equals("large"))
                    .orElse(false);
            return large
                    ? ConditionEvaluationResult.disabled(
                            "moto answers GetObject with a part number without Content-Range")
                    : ConditionEvaluationResult.enabled("moto does this");
        }
    }
}
