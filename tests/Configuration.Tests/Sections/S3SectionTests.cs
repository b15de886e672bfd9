namespace OrthancCloudFs.Configuration.Tests.Sections;

public class S3SectionTests
{
    private static S3Settings Read(string keys) => Assert.IsType<S3Settings>(ConfigurationFolder.ReadText(ConfigurationFolder.WithS3(keys)).Settings.Provider);

    [Fact]
    public void Defaults_are_the_plugins()
    {
        S3Settings settings = Read("");

        Assert.Equal("b", settings.BucketName);
        Assert.Equal("r", settings.Region);
        Assert.Null(settings.AccessKey);
        Assert.Null(settings.SecretKey);
        Assert.Null(settings.Endpoint);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.ConnectionTimeout);
        Assert.Equal(TimeSpan.FromSeconds(1200), settings.RequestTimeout);
        Assert.Equal(25, settings.MaxConnections);
        Assert.Equal(10, settings.MaxRetries);
        Assert.True(settings.VirtualAddressing);
        Assert.Null(settings.StorageClass);
        Assert.Empty(settings.Tags);
        Assert.Equal(ObjectChecksum.Sha256, settings.Checksum);
        Assert.True(settings.IfNoneMatch);
    }

    [Fact]
    public void All_keys_are_read()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText("""
            { "AwsS3Storage": {
                "BucketName": "orthanc", "Region": "eu-central-1", "AccessKey": "AKIA", "SecretKey": "sesame",
                "Endpoint": "http://127.0.0.1:9000/", "ConnectionTimeout": 5, "RequestTimeout": 60, "MaxConnections": 100, "MaxRetries": 0,
                "VirtualAddressing": false, "StorageClass": "GLACIER_IR", "Tags": { "ward": "b2", "empty": "" },
                "UseTransferManager": true, "TransferPoolSize": 4, "TransferBufferSize": 16, "EnableAwsSdkLogs": true,
                "StorageEncryption": { "MasterKey": [1, "master.key"] } },
              "OrthancCloudFs": { "Checksum": "Md5", "IfNoneMatch": false } }
            """);

        S3Settings settings = Assert.IsType<S3Settings>(result.Settings.Provider);
        Assert.Equal("orthanc", settings.BucketName);
        Assert.Equal("eu-central-1", settings.Region);
        Assert.Equal("AKIA", settings.AccessKey);
        Assert.Equal("sesame", settings.SecretKey!.Reveal());
        Assert.Equal(new Uri("http://127.0.0.1:9000/"), settings.Endpoint);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.ConnectionTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.RequestTimeout);
        Assert.Equal(100, settings.MaxConnections);
        Assert.Equal(0, settings.MaxRetries);
        Assert.False(settings.VirtualAddressing);
        Assert.Equal("GLACIER_IR", settings.StorageClass);
        Assert.Equal("empty=, ward=b2", string.Join(", ", settings.Tags.Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)));
        Assert.Equal(ObjectChecksum.Md5, settings.Checksum);
        Assert.False(settings.IfNoneMatch);
        Assert.Equal(new PartSettings(16 << 20, 4), settings.Parts);
        Assert.True(settings.EnableAwsSdkLogs);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Settings_can_be_printed_without_the_secret()
    {
        CloudFsSettings settings = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3("\"AccessKey\": \"AKIA\", \"SecretKey\": \"sesame\"")).Settings;

        Assert.Contains("AKIA", $"{settings}");
        Assert.DoesNotContain("sesame", $"{settings}");
    }

    [Theory]
    [InlineData("s3.fr-par.scw.cloud", "https://s3.fr-par.scw.cloud/")]
    [InlineData("localhost:9000", "https://localhost:9000/")]
    [InlineData("https://minio.example/base", "https://minio.example/base")]
    [InlineData("http://[::1]:9000", "http://[::1]:9000/")]
    public void An_endpoint_is_https_unless_it_says_otherwise(string written, string expected)
    {
        Assert.Equal(new Uri(expected), Read($"\"Endpoint\": \"{written}\"").Endpoint);
    }

    [Fact]
    public void An_empty_endpoint_is_none()
    {
        Assert.Null(Read("\"Endpoint\": \"\"").Endpoint);
    }

    [Theory]
    [InlineData("http://localhost:9000", false)]
    [InlineData("http://127.0.0.1:9000", false)]
    [InlineData("https://s3.example", false)]
    [InlineData("http://s3.example", true)]
    [InlineData("http://10.0.0.1", true)]
    public void Plain_http_beyond_this_machine_is_warned_about(string endpoint, bool expected)
    {
        IReadOnlyList<string> warnings = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3($"\"Endpoint\": \"{endpoint}\"")).Warnings;

        Assert.Equal(expected, warnings.Any(warning => warning.Contains("AwsS3Storage.Endpoint is plain http", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_old_name_of_the_connection_timeout_is_used_where_the_new_one_is_absent()
    {
        ConfigurationResult both = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3("\"ConnectTimeout\": 7, \"ConnectionTimeout\": 8"));

        Assert.Equal(TimeSpan.FromSeconds(7), Read("\"ConnectTimeout\": 7").ConnectionTimeout);
        Assert.Equal(TimeSpan.FromSeconds(8), Assert.IsType<S3Settings>(both.Settings.Provider).ConnectionTimeout);
        Assert.Contains("AwsS3Storage.ConnectTimeout is ignored", Assert.Single(both.Warnings));
    }

    [Theory]
    [InlineData("\"AccessKey\": \"AKIA\"", "AwsS3Storage.AccessKey stands without SecretKey")]
    [InlineData("\"SecretKey\": \"sesame\"", "AwsS3Storage.SecretKey stands without AccessKey")]
    [InlineData("\"AccessKey\": \"\", \"SecretKey\": \"\"", "AwsS3Storage.AccessKey must not be empty")]
    [InlineData("\"AccessKey\": \"AKIA\", \"SecretKey\": \"\"", "AwsS3Storage.SecretKey must not be empty, found a text.")]
    [InlineData("\"AccessKey\": \"AKIA\", \"SecretKey\": 271828", "AwsS3Storage.SecretKey must be a text in quotation marks, found a number")]
    [InlineData("\"AccessKey\": \"AKIA\", \"SecretKey\": \"sesame\\t\"", "AwsS3Storage.SecretKey must not contain control characters, found a text.")]
    [InlineData("\"AccessKey\": \"AKIA\", \"SecretKey\": [\"sesame\"]", "AwsS3Storage.SecretKey must be a text in quotation marks, found an array of 1")]
    [InlineData("\"Endpoint\": \"ftp://host\"", "AwsS3Storage.Endpoint must be a host name or an http or https address, found \"ftp://host\"")]
    [InlineData("\"Endpoint\": \"https://\"", "AwsS3Storage.Endpoint must be a host name")]
    [InlineData("\"Endpoint\": \"host name\"", "AwsS3Storage.Endpoint must be a host name")]
    [InlineData("\"Endpoint\": \"https://host/?x=1\"", "AwsS3Storage.Endpoint must end before any ? or #")]
    [InlineData("\"Endpoint\": \"https://user:sesame@host/\"", "AwsS3Storage.Endpoint must not contain a user name or password")]
    [InlineData("\"ConnectionTimeout\": 0", "AwsS3Storage.ConnectionTimeout must be from 1 to 3600 s, found 0")]
    [InlineData("\"ConnectTimeout\": 3601", "AwsS3Storage.ConnectTimeout must be from 1 to 3600 s, found 3601")]
    [InlineData("\"RequestTimeout\": -1", "AwsS3Storage.RequestTimeout must be from 1 to 86400 s, found -1")]
    [InlineData("\"RequestTimeout\": 1e20", "AwsS3Storage.RequestTimeout must be from 1 to 86400 s, found 1e20")]
    [InlineData("\"RequestTimeout\": 1e999", "AwsS3Storage.RequestTimeout must be a whole number from 1 to 86400 s, found 1e999")]
    [InlineData("\"MaxConnections\": 0", "AwsS3Storage.MaxConnections must be from 1 to 10000, found 0")]
    [InlineData("\"MaxConnections\": 2.5", "AwsS3Storage.MaxConnections must be a whole number from 1 to 10000, found 2.5")]
    [InlineData("\"MaxRetries\": 101", "AwsS3Storage.MaxRetries must be from 0 to 100, found 101")]
    [InlineData("\"MaxRetries\": \"ten\"", "AwsS3Storage.MaxRetries must be a whole number from 0 to 100, found \"ten\"")]
    [InlineData("\"VirtualAddressing\": 0", "AwsS3Storage.VirtualAddressing must be true or false without quotation marks, found 0")]
    [InlineData("\"StorageClass\": \"GLACIR\"", "perhaps \"GLACIER\" is meant")]
    [InlineData("\"Tags\": [\"a\"]", "AwsS3Storage.Tags must be an object of texts")]
    [InlineData("\"Tags\": { \"a\": 1 }", "the tag \"a\" in AwsS3Storage.Tags must be a text of at most 256 characters, found 1")]
    [InlineData("\"Tags\": { \"\": \"b\" }", "the tag \"\" in AwsS3Storage.Tags must have a name of 1 to 128 characters")]
    [InlineData("\"Tags\": { \"a\": \"b\", \"a\": \"c\" }", "the tag \"a\" in AwsS3Storage.Tags is set twice")]
    [InlineData("\"Tags\": {\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\",\"9\":\"\",\"10\":\"\",\"11\":\"\"}", "AwsS3Storage.Tags holds 11 tags")]
    [InlineData("\"UseTransferManager\": 1", "AwsS3Storage.UseTransferManager must be true or false")]
    [InlineData("\"TransferPoolSize\": 0", "AwsS3Storage.TransferPoolSize must be from 1 to 1000, found 0")]
    [InlineData("\"TransferBufferSize\": 0", "AwsS3Storage.TransferBufferSize must be from 1 to 5120 MB, found 0")]
    [InlineData("\"EnableAwsSdkLogs\": \"yes\"", "AwsS3Storage.EnableAwsSdkLogs must be true or false")]
    public void Wrong_values_are_refused_without_showing_secrets(string keys, string expected)
    {
        string message = ConfigurationFolder.RefuseText(ConfigurationFolder.WithS3(keys));

        Assert.Contains(expected, message);
        Assert.DoesNotContain("sesame", message);
        Assert.DoesNotContain("271828", message);
    }

    [Theory]
    [InlineData("{ \"Region\": \"r\" }", "AwsS3Storage.BucketName is missing")]
    [InlineData("{ \"BucketName\": \"b\" }", "AwsS3Storage.Region is missing")]
    [InlineData("{ \"BucketName\": \"\", \"Region\": \"r\" }", "AwsS3Storage.BucketName must not be empty")]
    [InlineData("{ \"BucketName\": \"b\", \"Region\": \"\" }", "AwsS3Storage.Region must not be empty")]
    [InlineData("{ \"BucketName\": \"b/c\", \"Region\": \"r\" }", "AwsS3Storage.BucketName must be a bare name")]
    [InlineData("{ \"BucketName\": \" b\", \"Region\": \"r\" }", "AwsS3Storage.BucketName must be a bare name")]
    public void Bucket_and_region_are_required(string section, string expected)
    {
        Assert.Contains(expected, ConfigurationFolder.RefuseText($$"""{ "AwsS3Storage": {{section}}, "StorageEncryption": { "Enable": false } }"""));
    }
}
