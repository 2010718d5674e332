package dev.isobar.aws;

import dev.isobar.conformance.TrainingJobsSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class SageMakerTrainingJobsTest extends TrainingJobsSuite {
    @RegisterExtension
    static final EmulatedSageMaker aws = new EmulatedSageMaker();

    @Override
    protected Platform platform() {
        return aws.platform();
    }
}
