namespace OrthancCloudFs.Attachments.Layout;

/// <summary>What an attachment looks like; the flat layout's extension says it.</summary>
public enum ContentKind
{
    /// <summary>Anything else.</summary>
    Unknown,

    /// <summary>A DICOM file (PS3.10).</summary>
    Dicom,

    /// <summary>The start of a DICOM image, cut off just before its pixel data.</summary>
    DicomUntilPixelData,

    /// <summary>A JSON object: the DICOM-as-JSON summary that Orthanc wrote up to 1.9.</summary>
    Json,
}
