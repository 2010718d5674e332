package dev.isobar.aws;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.conformance.ModelRegistrySuite;
import dev.isobar.emulation.process.ForeignProcess;
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

/** Training jobs and endpoints are not held against moto: it has no UpdateEndpoint and runs nothing. */
@Tag("moto")
@ExtendWith(SageMakerModelRegistryOnMotoTest.NotInMoto.class)
class SageMakerModelRegistryOnMotoTest extends ModelRegistrySuite {
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
        return new AwsPlatform(Map.of("endpoint", moto.endpoint().toString()), "moto");
    }

    /** What moto 5.2.1 does not do. */
    static final class NotInMoto implements ExecutionCondition {
        private static final Map<String, String> REASONS = Map.of(
                "deletes", "moto has no DeleteModelPackage",
                "compareAndSet", "moto's UpdateModelPackage loses the metadata of a package");

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getTestMethod()
                    .map(m -> REASONS.get(m.getName()))
                    .map(ConditionEvaluationResult::disabled)
                    .orElse(ConditionEvaluationResult.enabled("moto does this"));
        }
    }
}
