package dev.isobar.aws;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.EndpointsSuite;
import dev.isobar.conformance.Workloads;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Workload;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class SageMakerEndpointsTest extends EndpointsSuite {
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
    protected Endpoints endpoints() {
        return aws.session().endpoints();
    }

    @Override
    protected CapabilityReport capabilities() {
        return new AwsAdapter().capabilities();
    }

    @Override
    protected Workload server(String digest) {
        return Workloads.serverImage(digest);
    }

    @Override
    protected Workload brokenServer(String lastLine) {
        return Workloads.brokenServerImage(lastLine);
    }

    @Override
    protected String against() {
        return "Isobar's emulator";
    }
}
