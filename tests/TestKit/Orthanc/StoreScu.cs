using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Orthanc;

/// <summary>DCMTK's <c>storescu</c>, a modality that sends images by C-STORE.</summary>
public static class StoreScu
{
    /// <summary>Sends instances in one association.</summary>
    /// <exception cref="InvalidOperationException">One of them was not taken; the message has the program's words.</exception>
    public static async Task SendAsync(int dicomPort, params DicomInstance[] instances)
    {
        string folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-storescu-").FullName;
        try
        {
            foreach (DicomInstance instance in instances)
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{instance.SopInstanceUid}.dcm"), instance.Bytes);
            (await ExternalProgram.RunAsync("storescu", "--scan-directories", "-aec", "ORTHANC", "127.0.0.1", $"{dicomPort}", folder))
                .Succeeded("storescu");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
