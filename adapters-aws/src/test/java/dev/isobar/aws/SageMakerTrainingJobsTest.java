package dev.isobar.aws;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.TrainingJobsSuite;
import dev.isobar.conformance.Workloads;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.Workload;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class SageMakerTrainingJobsTest extends TrainingJobsSuite {
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
    protected TrainingJobs jobs() {
        return aws.session().trainingJobs();
    }

    @Override
    protected ObjectStore lake() {
        return aws.session().objectStore();
    }

    @Override
    protected CapabilityReport capabilities() {
        return new AwsAdapter().capabilities();
    }

    @Override
    protected Workload trainer(String how) {
        return Workloads.trainerImage(how);
    }

    @Override
    protected String against() {
        return "Isobar's emulator";
    }
}
