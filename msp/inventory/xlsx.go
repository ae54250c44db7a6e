package inventory

func (d *decoder) workbook(f File) {}
