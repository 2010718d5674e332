package dev.isobar.aws.sagemaker;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.Locale;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * SageMaker says most of its refusals as {@code ValidationException} and only its words tell them apart. The words were collected from reports of users:
 * "Requested resource not found." (DescribeTrainingJob, <a href="https://github.com/aws/aws-sdk/issues/165">aws-sdk#165</a>), {@code Could not find endpoint
 * "arn:…".}, {@code Could not find model "arn:…".}, {@code Cannot create already existing endpoint "arn:…".}, "Endpoint NAME of account ID not found."
 * (InvokeEndpoint, <a href="https://github.com/aws/amazon-sagemaker-examples/issues/293">amazon-sagemaker-examples#293</a>).
 *
 * @param instance the adapter instance's name
 * @param port the port's name
 */
record SageMakerErrors(String instance, String port) {
    /** Calls the service, and says what it refuses in Isobar's terms. */
    <T> T call(String operation, String resource, Supplier<T> call) {
        try {
            return call.get();
        } catch (SdkException e) {
            throw translate(e, operation, resource);
        }
    }

    /** In Isobar's terms. */
    IsobarException translate(SdkException e, String operation, String resource) {
        IsobarException general = AwsErrors.translate(e, instance, port, operation, resource);
        if (refusal(e).contains("could not assume role")) {
            return IsobarException.of(ErrorCode.PERMISSION_DENIED, String.valueOf(general.getMessage()))
                    .adapter(instance)
                    .at(port, operation)
                    .resource(resource)
                    .hint(
                            "targets.aws.sagemaker.role-arn names the role; its trust policy must name sagemaker.amazonaws.com.")
                    .cause(e)
                    .build();
        }
        ErrorCode code = missing(e) ? ErrorCode.NOT_FOUND : exists(e) ? ErrorCode.ALREADY_EXISTS : general.code();
        if (code == general.code()) {
            return general;
        }
        return IsobarException.of(code, String.valueOf(general.getMessage()))
                .adapter(instance)
                .at(port, operation)
                .resource(resource)
                .hint("`isobar status` lists what there is.")
                .cause(e)
                .build();
    }

    /** An error of our own. */
    IsobarException.Builder error(ErrorCode code, String operation, String resource, String message) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at(port, operation)
                .resource(resource);
    }

    /** An argument that SageMaker would not take. */
    IsobarException invalid(String operation, String resource, String message) {
        return error(ErrorCode.INVALID_ARGUMENT, operation, resource, message).build();
    }

    /** Whether this means that the thing does not exist. */
    static boolean missing(SdkException e) {
        if (AwsErrors.code(e) == ErrorCode.NOT_FOUND) {
            return true;
        }
        String words = refusal(e);
        return words.contains("could not find")
                || words.contains("not found")
                || words.contains("does not exist")
                || words.contains("does not have any");
    }

    /** Whether this means that the thing exists already. */
    static boolean exists(SdkException e) {
        if (AwsErrors.code(e) == ErrorCode.ALREADY_EXISTS) {
            return true;
        }
        String words = refusal(e);
        return words.contains("already exist");
    }

    /** The words of a {@code ValidationException} in small letters; empty for every other error. */
    static String refusal(SdkException e) {
        if (e instanceof AwsServiceException service && service.awsErrorDetails() != null) {
            String code = String.valueOf(service.awsErrorDetails().errorCode());
            if (code.startsWith("Validation")) {
                return String.valueOf(service.awsErrorDetails().errorMessage()).toLowerCase(Locale.ROOT);
            }
        }
        return "";
    }
}
