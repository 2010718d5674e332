package dev.isobar.aws;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.ModelRegistrySuite;
import dev.isobar.port.ModelRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class SageMakerModelRegistryTest extends ModelRegistrySuite {
    @TempDir
    static Path home;

    private static EmulatedSageMaker aws;

    @BeforeAll
    static void start() throws Exception {
        aws = EmulatedSageMaker.start(home);
    }

    @AfterAll
    static void stop() {
        aws.close();
    }

    @Override
    protected ModelRegistry registry() {
        return aws.session().modelRegistry();
    }

    @Override
    protected CapabilityReport capabilities() {
        return new AwsAdapter().capabilities();
    }

    @Override
    protected String against() {
        return "Isobar's emulator";
    }
}
