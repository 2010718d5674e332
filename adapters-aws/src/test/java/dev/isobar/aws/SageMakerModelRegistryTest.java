package dev.isobar.aws;

import dev.isobar.conformance.ModelRegistrySuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class SageMakerModelRegistryTest extends ModelRegistrySuite {
    @RegisterExtension
    static final EmulatedSageMaker aws = new EmulatedSageMaker();

    @Override
    protected Platform platform() {
        return aws.platform();
    }
}
