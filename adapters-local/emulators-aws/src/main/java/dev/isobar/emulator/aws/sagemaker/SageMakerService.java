package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.wire.JsonService;

/**
 * SageMaker's control plane: AWS JSON 1.1, target {@code SageMaker}.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html">its operations</a>
 */
final class SageMakerService extends JsonService {
    SageMakerService(
            TrainingJobs jobs,
            TrainingJobSearch search,
            Models models,
            EndpointConfigs configs,
            Endpoints endpoints,
            ModelPackageGroups groups,
            ModelPackages packages,
            Tags tags) {
        super("SageMaker");
        operation("CreateTrainingJob", jobs::create);
        operation("DescribeTrainingJob", jobs::describe);
        operation("ListTrainingJobs", jobs::list);
        operation("StopTrainingJob", jobs::stop);
        operation("DeleteTrainingJob", jobs::delete);
        operation("Search", search::search);
        operation("CreateModel", models::create);
        operation("DescribeModel", models::describe);
        operation("ListModels", models::list);
        operation("DeleteModel", models::delete);
        operation("CreateEndpointConfig", configs::create);
        operation("DescribeEndpointConfig", configs::describe);
        operation("ListEndpointConfigs", configs::list);
        operation("DeleteEndpointConfig", configs::delete);
        operation("CreateEndpoint", endpoints::create);
        operation("UpdateEndpoint", endpoints::update);
        operation("UpdateEndpointWeightsAndCapacities", endpoints::weigh);
        operation("DescribeEndpoint", endpoints::describe);
        operation("ListEndpoints", endpoints::list);
        operation("DeleteEndpoint", endpoints::delete);
        operation("CreateModelPackageGroup", groups::create);
        operation("DescribeModelPackageGroup", groups::describe);
        operation("ListModelPackageGroups", groups::list);
        operation("DeleteModelPackageGroup", groups::delete);
        operation("CreateModelPackage", packages::create);
        operation("DescribeModelPackage", packages::describe);
        operation("ListModelPackages", packages::list);
        operation("UpdateModelPackage", packages::update);
        operation("DeleteModelPackage", packages::delete);
        operation("AddTags", tags::add);
        operation("ListTags", tags::list);
        operation("DeleteTags", tags::delete);
    }
}
