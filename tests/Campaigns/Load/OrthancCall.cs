using System.Text.Json;

namespace OrthancCloudFs.Campaigns.Load;

/// <summary>Which exceptions of a call mean that Orthanc did not answer, or said no.</summary>
internal static class OrthancCall
{
    public static bool IsRefusal(Exception e) => e is HttpRequestException or OperationCanceledException or IOException or JsonException;
}
